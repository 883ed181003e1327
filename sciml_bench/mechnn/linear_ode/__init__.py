"""Linear ODEs with time-varying coefficients as a least-squares problem, solved and differentiated twice."""
