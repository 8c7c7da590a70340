"""Behavioural similarity tests for hosted language models."""
