"""A new daily dose written into the dosage of an order as the EHR sent it, in the structure that it has."""
