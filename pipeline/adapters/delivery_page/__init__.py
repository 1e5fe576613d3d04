"""The delivery page: the audit topic in a browser.

`feed` follows the topic into `core/delivery_view`, `server` shows that view, `answers` puts it into
JSON, and `page.html`, `page.css` and `page.js` are what the browser gets.
"""
