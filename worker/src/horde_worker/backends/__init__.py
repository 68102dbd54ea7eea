"""What makes pictures. A backend declares what it can do; everything else about it is its own business."""
