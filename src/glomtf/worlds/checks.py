"""What every world that draws objects asks of its arguments, or one line why not."""


def check_counts(name: str, counts: tuple[int, int], least: int = 1) -> None:
    """Refuse ``counts`` that are no (fewest, most) with ``least`` <= fewest <= most."""
    if not least <= counts[0] <= counts[1]:
        raise ValueError(
            f"expected {name} as (fewest, most) with {least} <= fewest <= most, "
            f"got {counts}: swap or raise them"
        )


def check_size(image_size: int) -> None:
    """Refuse pictures of less than 32 pixels a side."""
    if image_size < 32:
        raise ValueError(
            f"expected an image_size of at least 32 pixels, got {image_size}: "
            "parts would not show in smaller pictures"
        )
