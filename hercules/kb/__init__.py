"""Engine: articles in, weighted words asked, hits with an honest share out."""
