CREATE TABLE `srid` (
  `a` point DEFAULT NULL,
  `b` geometry DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci