"""A few SVG icons of known shapes."""

SHAPES = {
    "face": '<circle fill="#FC0" cx="18" cy="18" r="18"/>'
    '<circle fill="#630" cx="11" cy="13" r="4"/><circle fill="#630" cx="25" cy="13" r="4"/>'
    '<rect fill="#C00" x="9" y="23" width="18" height="6"/>',
    "house": '<rect fill="#EDA" x="5" y="14" width="26" height="21"/><path fill="#B22" '
    'd="M1 15 18 1 35 15Z"/><rect fill="#543" x="14" y="22" width="8" height="13"/>',
    "flag": '<g fill="#06C"><rect width="36" height="12" y="4"/></g><rect fill="#EEE" y="16" '
    'width="36" height="6"/><rect fill="#C22" y="22" width="36" height="10"/>',
}


def svg(inside: str, attributes: str = 'viewBox="0 0 36 36"') -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f"{attributes}>{inside}</svg>"
    )
