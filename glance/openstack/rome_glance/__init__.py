"""Glance's database functions by way of the service of Rome."""
