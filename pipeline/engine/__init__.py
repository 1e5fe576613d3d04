"""Order, delivery and accounting on asyncio without network: it talks to `pipeline.ports`."""
