"""Synthetic areas, figures and files of a fictive municipality."""
