"""Networks as ONNX: written, checked against torch, and quantised."""
