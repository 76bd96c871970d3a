// Paint colours per column over the picture, whose light and dark stay visible.

const FAINT = 0.4; // how much of the picture is left where a column has no colour
const LIFT = 0.64; // how far the picture's dark parts are lifted before they shade a colour

function drawing(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

class Painter {
  // picture: a loaded image; grid: [rows, cols]; extent: the grid's height and width as shares of
  // the picture's.
  constructor(picture, grid, extent) {
    [this.rows, this.cols] = grid;
    this.extent = extent;
    this.picture = picture;
    this.width = picture.naturalWidth;
    this.height = picture.naturalHeight;
    this.small = drawing(this.cols, this.rows);
    this.shade = drawing(this.width, this.height);
    const context = this.shade.getContext("2d");
    context.drawImage(picture, 0, 0);
    context.globalCompositeOperation = "saturation";
    context.fillStyle = "#808080";
    context.fillRect(0, 0, this.width, this.height);
    context.globalCompositeOperation = "source-over";
    context.fillStyle = `rgb(255 255 255 / ${LIFT})`;
    context.fillRect(0, 0, this.width, this.height);
  }

  // colourOf(column): [red, green, blue], or nothing where the picture is only to shine through.
  // No pixel is read back: some browsers forbid that, and it would be slow.
  paint(canvas, colourOf) {
    const pixels = new ImageData(this.cols, this.rows);
    for (let column = 0; column < this.rows * this.cols; column++) {
      const colour = colourOf(column);
      if (colour) pixels.data.set([...colour, 255], column * 4);
    }
    this.small.getContext("2d").putImageData(pixels, 0, 0);
    const context = this.fresh(canvas);
    const over = [0, 0, this.width * this.extent[1], this.height * this.extent[0]];
    context.imageSmoothingEnabled = false;
    context.drawImage(this.small, ...over);
    context.globalCompositeOperation = "multiply";
    context.drawImage(this.shade, 0, 0);
    context.globalCompositeOperation = "destination-in";
    context.drawImage(this.small, ...over);
    context.globalCompositeOperation = "destination-over";
    context.globalAlpha = FAINT;
    context.drawImage(this.picture, 0, 0);
  }

  // The picture as it is.
  plain(canvas) {
    this.fresh(canvas).drawImage(this.picture, 0, 0);
  }

  // The part of the picture in a box, `side` CSS pixels long, faint where no column is inside.
  // box: [x0, y0, x1, y1] as shares of the picture; inside(column): whether it belongs.
  crop(box, side, inside) {
    const [x0, y0] = [box[0] * this.width, box[1] * this.height];
    const [wide, tall] = [box[2] * this.width - x0, box[3] * this.height - y0];
    const scale = (2 * side) / Math.max(wide, tall); // twice, for dense screens
    const canvas = drawing(Math.max(1, wide * scale), Math.max(1, tall * scale));
    canvas.style.width = `${canvas.width / 2}px`;
    canvas.style.height = `${canvas.height / 2}px`;
    const context = canvas.getContext("2d");
    context.drawImage(this.picture, x0, y0, wide, tall, 0, 0, canvas.width, canvas.height);
    context.globalCompositeOperation = "destination-out";
    context.globalAlpha = 0.8;
    context.scale(scale, scale);
    context.translate(-x0, -y0);
    const [high, broad] = this.extent;
    context.scale((this.width * broad) / this.cols, (this.height * high) / this.rows);
    const rest = (_, column) => (inside(column) ? 0 : 1);
    context.fill(new Path2D(cells(Array.from({ length: this.rows * this.cols }, rest), this.cols)));
    return canvas;
  }

  fresh(canvas) {
    canvas.width = this.width; // also clears it
    canvas.height = this.height;
    return canvas.getContext("2d");
  }
}
