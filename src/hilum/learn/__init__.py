"""The only room with torch: networks, their weights, training, predicting and Grad-CAM."""
