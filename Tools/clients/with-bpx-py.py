"""Trades with bpx-py, unmodified, against a served venue. Arguments: port, API key, secret, symbol."""

import sys
import time

from bpx.account import Account
from bpx.base.base_account import BaseAccount
from bpx.base.base_public import BasePublic
from bpx.public import Public

port, key, secret, symbol = sys.argv[1:5]
BaseAccount.BPX_API_URL = BasePublic.BASE_URL = f"http://127.0.0.1:{port}/"
public, account = Public(), Account(key, secret)


def check(what, holds, found):
    if not holds:
        sys.exit(f"bpx-py: {what}: {found}")
    print(f"  bpx-py: {what}")


check("ping and time", public.get_ping() == "pong" and abs(int(public.get_time()) - time.time() * 1000) < 10_000, public.get_time())
check("status", public.get_status()["status"] == "Ok", public.get_status())
markets = public.get_markets()
check("markets", any(market["symbol"] == symbol for market in markets), markets)
depth = public.get_depth(symbol)
bid, ask = float(depth["bids"][-1][0]), float(depth["asks"][0][0])
check("depth, bids ascending", bid < ask and float(depth["bids"][0][0]) < bid, depth["lastUpdateId"])
for _ in range(200):
    trades = public.get_recent_trades(symbol)
    if len(trades) > 1:
        break
    time.sleep(0.1)
check("trades, the newest first", len(trades) > 1 and trades[0]["id"] > trades[1]["id"], trades[:2])
check("ticker", public.get_ticker(symbol)["symbol"] == symbol, public.get_ticker(symbol))

market = next(market for market in markets if market["symbol"] == symbol)
quantity = market["filters"]["quantity"]["minQuantity"]
tick = float(market["filters"]["price"]["tickSize"])
decimals = len(market["filters"]["price"]["tickSize"].partition(".")[2])
far = f"{round(bid * 0.97 / tick) * tick:.{decimals}f}"

check("balances", float(account.get_balances()["USDC"]["available"]) > 0, account.get_balances())
check("collateral", float(account.get_collateral()["netEquity"]) > 0, account.get_collateral())
check("account, fees in basis points", account.get_account()["futuresTakerFee"] == "5", account.get_account())

order = account.execute_order(symbol, "Bid", "Limit", quantity=quantity, price=far, client_id=4711, post_only=True)
check("an order rests", order.get("status") == "New" and order["clientId"] == 4711, order)
check("it is found", account.get_open_order(symbol, order_id=order["id"])["clientId"] == 4711, order)
check("it is open", [each["id"] for each in account.get_open_orders(symbol=symbol)] == [order["id"]], account.get_open_orders(symbol=symbol))
again = account.execute_order(symbol, "Bid", "Limit", quantity=quantity, price=far, client_id=4711, post_only=True)
check("its client id can't be used twice", "code" in again, again)
check("it is cancelled", account.cancel_order(symbol, client_id=4711).get("status") == "Cancelled", order)
check("it is not found any more", account.get_open_order(symbol, order_id=order["id"])["code"] == "RESOURCE_NOT_FOUND", order)
crossing = account.execute_order(symbol, "Bid", "Limit", quantity=quantity, price=depth["asks"][5][0], post_only=True)
check("a post-only order that would take is refused", crossing.get("code") == "INVALID_ORDER", crossing)

taken = account.execute_order(symbol, "Bid", "Market", quantity=quantity, client_id=4712)
check("a market order fills", taken.get("status") == "Filled", taken)
positions = [each for each in account.get_open_positions() if each["symbol"] == symbol]
check("the position", len(positions) == 1 and positions[0]["netQuantity"] == quantity, positions)
fills = account.get_fill_history(symbol)
check("the fill", fills[0]["clientId"] == "4712" and fills[0]["isMaker"] is False and float(fills[0]["fee"]) > 0, fills[:1])
history = account.get_order_history(symbol)
check("the history, the newest first", [each["status"] for each in history[:2]] == ["Filled", "Cancelled"], history[:2])
closed = account.execute_order(symbol, "Ask", "Market", quantity=quantity, reduce_only=True)
check("the position is closed", closed.get("status") == "Filled", closed)
check("funding payments are listed", isinstance(account.get_funding_payments(symbol=symbol), list), None)
account.execute_order(symbol, "Bid", "Limit", quantity=quantity, price=far)
check("all are cancelled", len(account.cancel_all_orders(symbol)) == 1 and account.get_open_orders(symbol=symbol) == [], None)
stranger = Account(key, "A" * 43 + "=")
check("a wrong signature is refused", stranger.get_balances().get("code") in ("INVALID_CLIENT_REQUEST", "INVALID_SIGNATURE"), None)
