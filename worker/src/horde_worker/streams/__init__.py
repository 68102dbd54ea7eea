"""What is told of a job while it is made: pieces of texts, steps and previews of pictures, signs of life."""
