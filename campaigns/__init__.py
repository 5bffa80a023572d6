"""Promotions, coupons, their redemption in stores, and the checkout that brings them together."""
