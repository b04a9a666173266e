"""What loads a broker and measures it. Members are real: CURVE, the real messages, the real SFrame."""
