"""Worlds: generators of pictures with ground truth at every level, and pictures from disk."""

from .contact_sheet import contact_sheet as contact_sheet
from .crowd import crowd as crowd
from .dsprites import DSprites as DSprites
from .ellipses import Ellipses as Ellipses
from .ellipses import Symbols as Symbols
from .figures import Figures as Figures
from .files import PictureError as PictureError
from .files import read_picture as read_picture
from .icons import Icons as Icons
from .moving import Moving as Moving
from .moving import Videos as Videos
from .named import WORLDS as WORLDS
from .named import world_of as world_of
from .samples import SAMPLES as SAMPLES
from .samples import draw_sample as draw_sample
from .scene import Scene as Scene
from .scene import Scenes as Scenes
from .scene import column_labels as column_labels
from .tetrominoes import Tetrominoes as Tetrominoes
