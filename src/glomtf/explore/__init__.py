"""The local web app of `glomtf explore`: a picture and settings in, the island explorer out."""
