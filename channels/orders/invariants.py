"""What must always hold for orders."""

from django.utils.translation import gettext_lazy as _

from o2o.kit.invariants import invariant


@invariant("orders.totals_are_the_sums_of_lines", _("An order costs what its lines cost"))
def totals_are_the_sums_of_lines() -> str:
    """Return the query for orders whose totals disagree with their lines."""
    return """
        SELECT o.id, o.subtotal, o.discount_total, line.subtotal AS lines, line.discount
        FROM orders_order o
        JOIN (SELECT order_id, sum(subtotal) AS subtotal, sum(discount) AS discount
              FROM orders_orderline GROUP BY order_id) AS line ON line.order_id = o.id
        WHERE o.subtotal <> line.subtotal OR o.discount_total <> line.discount"""


@invariant("orders.payments_are_counted", _("What an order counts as paid and refunded are its payments"))
def payments_are_counted() -> str:
    """Return the query for orders whose totals disagree with their payments."""
    return """
        SELECT o.id, o.paid_total, o.refunded_total, money.paid, money.refunded
        FROM orders_order o
        LEFT JOIN (SELECT order_id, sum(amount) FILTER (WHERE kind = 'payment') AS paid,
                          sum(amount) FILTER (WHERE kind = 'refund') AS refunded
                   FROM orders_payment GROUP BY order_id) AS money ON money.order_id = o.id
        WHERE o.paid_total <> coalesce(money.paid, 0) OR o.refunded_total <> coalesce(money.refunded, 0)"""


@invariant("orders.units_are_somewhere", _("Each unit that is wanted is with a location or waits for one"))
def units_are_somewhere() -> str:
    """Return the query for lines whose open units are not those of their fulfilments."""
    return """
        SELECT line.id, line.quantity, line.cancelled, line.fulfilled, coalesce(part.units, 0) AS covered
        FROM orders_orderline line
        JOIN orders_order o ON o.id = line.order_id AND NOT o.is_historical
        LEFT JOIN (SELECT fl.order_line_id, sum(fl.quantity) AS units FROM orders_fulfillmentline fl
                   JOIN orders_fulfillmentorder f ON f.id = fl.fulfillment_id
                   WHERE f.state IN ('open', 'accepted', 'ready') GROUP BY fl.order_line_id) AS part
          ON part.order_line_id = line.id
        WHERE line.quantity - line.cancelled - line.fulfilled <> coalesce(part.units, 0)"""


@invariant("orders.promises_have_their_orders", _("Each unit that is promised belongs to a fulfilment that wants it"))
def promises_have_their_orders() -> str:
    """Return the query for lines of fulfilments whose units are not those that the stock has promised them."""
    return """
        SELECT fl.id, fl.quantity, coalesce(promise.units, 0) AS promised
        FROM orders_fulfillmentline fl
        JOIN orders_fulfillmentorder f ON f.id = fl.fulfillment_id AND f.location_id IS NOT NULL
                                      AND f.state IN ('open', 'accepted', 'ready')
        LEFT JOIN (SELECT line_id, sum(quantity) AS units FROM inventory_allocation
                   WHERE state = 'active' GROUP BY line_id) AS promise ON promise.line_id = fl.id
        WHERE fl.quantity <> coalesce(promise.units, 0)"""


@invariant("orders.returns_are_within_what_was_sold", _("No more comes back than was handed over"))
def returns_are_within_what_was_sold() -> str:
    """Return the query for lines of which more is in returns than was fulfilled."""
    return """
        SELECT line.id, line.fulfilled, back.units
        FROM orders_orderline line
        JOIN (SELECT rl.order_line_id, sum(rl.quantity) AS units FROM orders_returnline rl
              JOIN orders_return r ON r.id = rl.return_order_id AND r.state <> 'refused'
              GROUP BY rl.order_line_id) AS back ON back.order_line_id = line.id
        WHERE back.units > line.fulfilled"""
