"""Small models of meaning of BERT's kind, in numpy: all-MiniLM-L6-v2 and its like."""
