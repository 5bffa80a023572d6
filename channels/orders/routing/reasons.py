"""Every code of a verdict, with the English sentence for its figures. The console translates them."""

REASONS = {
    "won": "Takes %(units)s units",
    "rejected_before": "It has rejected this order",
    "took_too_long": "It did not answer in time",
    "switched_off": "It is switched off",
    "not_the_chosen_store": "The customer chose another store",
    "method_not_offered": "It does not offer “%(method)s”",
    "not_allowed_by_rule": "The rule “%(rule)s” leaves it out",
    "too_far": "%(km)s km away; the rule allows %(max_km)s",
    "closed": "Closed until %(opens_at)s",
    "no_capacity": "It has as many orders today as it can take",
    "out_of_stock": "Has %(has)s of %(sku)s, and %(wanted)s are wanted",
    "would_split": "Has %(has)s of %(sku)s, so the order would be split",
    "farther": "%(km)s km away; the chosen one is %(best_km)s km away",
    "lower_priority": "Priority %(priority)s; the chosen one has %(best_priority)s",
    "less_stock": "Less would be left on its shelf",
    "busier": "Fewer orders fit in today",
    "later": "Ready later",
    "equal": "As good as the chosen one; the order of ids decided",
    "not_needed": "Nothing was routed, because the rest was nowhere",
}
