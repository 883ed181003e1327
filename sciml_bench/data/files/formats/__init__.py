"""One file per format, or per kind of formats that one package reads."""
