"""The only room that imports aiokafka, aiohttp, confluent_kafka: the ports made real."""
