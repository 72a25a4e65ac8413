"""What an order gives per day, in three steps: dose per intake, intakes per day, and their product summed.

Each part is either understood or refused with a reason; words beside figures are shown and never read. Exact numbers
only: the JSON is decoded with Decimals, reckoned in fractions, and given as exact decimals.
"""
