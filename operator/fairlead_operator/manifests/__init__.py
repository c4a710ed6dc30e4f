"""Pure builders of the fence, the roles and the machine sizes: what the chart is made from."""
