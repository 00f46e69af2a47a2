"""Retention: from scores to deeds: the call list with reasons, actions and groups; campaigns."""
