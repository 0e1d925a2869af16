"""The pack `furniture`: household objects from Sweet Home 3D's libraries, fetched by `umwelt assets get furniture`."""
