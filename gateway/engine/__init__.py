"""Write, acknowledge, notify: begin at engine.py; unit_of_work.py is one batch, not yet true."""
