"""Ready-made templates; nothing yet. The template classes are beside the parameters that they become."""
