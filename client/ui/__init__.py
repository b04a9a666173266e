"""The window. The only place that imports tkinter."""
