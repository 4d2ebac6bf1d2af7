"""Trades with backpack-exchange-sdk, unmodified, against a served venue. Arguments: port, API key, secret, symbol."""

import sys
import threading
import time

from backpack_exchange_sdk import AuthenticationClient, PublicClient
from backpack_exchange_sdk.websocket import WebSocketClient

port, key, secret, symbol = sys.argv[1:5]
base = f"http://127.0.0.1:{port}/"
public, account = PublicClient(base_url=base), AuthenticationClient(key, secret, base_url=base)


def check(what, holds, found):
    if not holds:
        sys.exit(f"backpack-exchange-sdk: {what}: {found}")
    print(f"  backpack-exchange-sdk: {what}")


class Local(WebSocketClient):
    """The client's own class, connected to this machine."""

    def _connect(self):
        self.base_url = f"ws://127.0.0.1:{port}"
        super()._connect()


heard, news = {}, threading.Condition()


def hear(data):
    with news:
        heard.setdefault(data.get("e", "position"), []).append(data)
        news.notify_all()


def wait(what, holds):
    with news:
        came = news.wait_for(holds, timeout=20)
    check(what, came, {name: len(events) for name, events in heard.items()})


check("markets", any(market["symbol"] == symbol for market in public.get_markets()), None)
market = next(market for market in public.get_markets() if market["symbol"] == symbol)
quantity, tick = market["filters"]["quantity"]["minQuantity"], market["filters"]["price"]["tickSize"]
depth = public.get_depth(symbol)
bid = float(depth["bids"][-1][0])
far = f"{round(bid * 0.97 / float(tick)) * float(tick):.{len(tick.partition('.')[2])}f}"
check("depth", bid < float(depth["asks"][0][0]), depth["lastUpdateId"])

streams = Local(key, secret)
time.sleep(1)
streams.subscribe([f"depth.{symbol}", f"bookTicker.{symbol}", f"trade.{symbol}"], hear)
streams.subscribe(["account.orderUpdate", "account.positionUpdate"], hear, is_private=True)
wait("depth comes by the stream", lambda: len(heard.get("depth", [])) >= 3)
frames = heard["depth"]
check("its numbers follow each other", all(b["U"] == a["u"] + 1 for a, b in zip(frames, frames[1:])), frames[:3])

order = account.execute_order("Limit", "Bid", symbol, postOnly=True, clientId=81, price=far, quantity=quantity)
check("an order rests", order["status"] == "New" and order["clientId"] == 81, order)
wait("the stream tells of it", lambda: any(e["c"] == 81 for e in heard.get("orderAccepted", [])))
check("it is open", [each["clientId"] for each in account.get_open_orders(symbol)] == [81], None)
check("it is found", account.get_users_open_orders(symbol, clientId=81)["id"] == order["id"], None)
check("it is cancelled", account.cancel_open_order(symbol, orderId=order["id"])["status"] == "Cancelled", order)
wait("the stream tells of that", lambda: any(e["c"] == 81 for e in heard.get("orderCancelled", [])))

batch = account.execute_batch_orders(
    [
        {"orderType": "Limit", "side": "Bid", "symbol": symbol, "price": far, "quantity": quantity, "clientId": 82},
        {"orderType": "Limit", "side": "Bid", "symbol": symbol, "price": "0", "quantity": quantity, "clientId": 83},
        {"orderType": "Limit", "side": "Bid", "symbol": symbol, "price": far, "quantity": quantity, "clientId": 84},
    ])
check("a batch, one of them wrong", [each["operation"] for each in batch] == ["Ok", "Err", "Ok"], batch)
check("all are cancelled", len(account.cancel_open_orders(symbol)) == 2, None)

account.execute_order("Market", "Bid", symbol, quantity=quantity, clientId=85)
wait("a market order's fill comes by the stream", lambda: any(e["c"] == 85 for e in heard.get("orderFill", [])))
fill = next(e for e in heard["orderFill"] if e["c"] == 85)
wait("the public stream prints it", lambda: any(e["t"] == fill["t"] for e in heard.get("trade", [])))
wait("and the position", lambda: any(float(e["q"]) == float(quantity) for e in heard.get("positionOpened", [])))
check("positions", [each["netQuantity"] for each in account.get_open_positions()] == [quantity], None)
fills = account.get_fill_history(symbol=symbol)
check("fills", fills[0]["tradeId"] == fill["t"], fills[:1])
account.execute_order("Market", "Ask", symbol, quantity=quantity, reduceOnly=True)
check("balances", float(account.get_balances()["USDC"]["available"]) > 0, None)
check("collateral", float(account.get_collateral()["netEquity"]) > 0, None)
streams.close()
