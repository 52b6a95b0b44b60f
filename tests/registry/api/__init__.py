"""The staff API and the chooser lists, resource by resource and rule by rule."""
