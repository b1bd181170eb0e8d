"""What somebody can do who texts in a phone's name: flood it, guess its codes (`make guess`)."""
