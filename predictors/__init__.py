"""From the observed start of a learning curve to a forecast of the rest."""
