"""Live interoperability: other implementations and pynetdicom with our layer, over a relay that keeps what they say."""
