"""Laws of fields on a circle: derivatives of powers, found in weak form and refined by the motions they allow."""
