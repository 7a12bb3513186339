# SPDX-License-Identifier: Apache-2.0
"""Pictures as SVG, of parts that are lines of its text."""


def text(x, y, words, anchor="start", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{words}</text>'


def document(width, height, parts):
    """A picture on white ground."""
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    font = 'font-family="DejaVu Sans, Arial, sans-serif" font-size="13" fill="#222222"'
    ground = f'<rect width="{width}" height="{height}" fill="#ffffff" stroke="none"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>'
    return "\n".join([head, ground, *parts, "</svg>"]) + "\n"
