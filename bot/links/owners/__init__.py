"""Who answers for an address better than its page does: one module each; none asks anything itself."""
