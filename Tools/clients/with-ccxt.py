"""Trades with ccxt, unmodified, against a served venue. Arguments: port, API key, secret, symbol."""

import sys

import ccxt

port, key, secret, symbol = sys.argv[1:5]
base = f"http://127.0.0.1:{port}"
venue = ccxt.backpack({"apiKey": key, "secret": secret, "urls": {"api": {"public": base, "private": base}}})


def check(what, holds, found):
    if not holds:
        sys.exit(f"ccxt: {what}: {found}")
    print(f"  ccxt: {what}")


def refused(error, call):
    try:
        return call()
    except error:
        return None


markets = venue.load_markets()
name = next(name for name in markets if markets[name]["id"] == symbol)
check("markets", markets[name]["swap"] and markets[name]["precision"]["price"] > 0, markets[name])
book = venue.fetch_order_book(name, 5)
bid, ask = book["bids"][0][0], book["asks"][0][0]
check("the book, best first", bid < ask and bid > book["bids"][-1][0], book)
check("status", venue.fetch_status()["status"] == "ok", None)
check("currencies", "USDC" in venue.fetch_currencies(), None)
check("funding rate", venue.fetch_funding_rate(name)["markPrice"] is not None, None)
check("balance", venue.fetch_balance()["USDC"]["free"] > 0, None)

size, far = markets[name]["limits"]["amount"]["min"], float(venue.price_to_precision(name, bid * 0.97))
order = venue.create_order(name, "limit", "buy", size, far, {"postOnly": True})
check("an order rests", order["status"] == "open" and order["price"] == far, order)
check("it is open", [each["id"] for each in venue.fetch_open_orders(name)] == [order["id"]], None)
check("it is found", venue.fetch_open_order(order["id"], name)["amount"] == size, None)
check("it is cancelled", venue.cancel_order(order["id"], name)["status"] == "canceled", None)
check("it can't be cancelled again", refused(ccxt.BaseError, lambda: venue.cancel_order(order["id"], name)) is None, None)
crossing = refused(ccxt.BaseError, lambda: venue.create_order(name, "limit", "buy", size, ask * 1.001, {"postOnly": True}))
check("a post-only order that would take is refused", crossing is None, crossing)
taken = venue.create_order(name, "market", "buy", size)
check("a market order fills", taken["status"] == "closed" and taken["filled"] == size, taken)
trades = venue.fetch_my_trades(name)
check("the trade", trades[-1]["order"] == taken["id"] and trades[-1]["takerOrMaker"] == "taker", trades)
positions = venue.fetch_positions([name])
check("the position", [float(each["contracts"]) for each in positions] == [size] and positions[0]["side"] == "long", positions)
batch = venue.create_orders(
    [{"symbol": name, "type": "limit", "side": "buy", "amount": size, "price": far - step} for step in (0, 1)])
check("a batch rests", len(batch) == 2 and len(venue.fetch_open_orders(name)) == 2, batch)
check("all are cancelled", len(venue.cancel_all_orders(name)) == 2 and venue.fetch_open_orders(name) == [], None)
closed = venue.create_order(name, "market", "sell", size, None, {"reduceOnly": True})
check("the position is closed", closed["status"] == "closed" and venue.fetch_positions([name]) == [], closed)
check("histories", isinstance(venue.fetch_funding_history(name), list) and venue.fetch_deposits() == [], None)
