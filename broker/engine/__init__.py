"""Where posts are kept and how brokers reach each other, behind one seam."""
