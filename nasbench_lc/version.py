"""The version, where everybody can import it without the package root."""

__all__ = ["__version__"]

__version__ = "0.1.0"
