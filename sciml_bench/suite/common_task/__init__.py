"""The scores and the predictions of the Common Task Framework for Science."""
