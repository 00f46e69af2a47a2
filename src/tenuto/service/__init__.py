"""The window: what Tenuto found, for programs (``/api/v1``) and for people (pages).

It answers from `tenuto.serving` alone and computes nothing of its own. ``api`` has a file for each
kind of thing that programs ask for, ``pages`` one for each page.
"""
