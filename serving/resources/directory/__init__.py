"""The directory of departments: units, versions, imports."""
