"""What the systems are computed with: quadrature, series, random fields, integrators."""
