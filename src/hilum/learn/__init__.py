"""The only room with torch: networks, their weights, training, predicting and Grad-CAM."""

import os

# torch, timm and what they bring may load onnxruntime before hilum does, and its telemetry is read
# from the variable when it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
