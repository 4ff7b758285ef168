CREATE TABLE `boolean` (
  `a` tinyint(1) DEFAULT NULL,
  `b` tinyint(1) NOT NULL DEFAULT 0,
  `c` tinyint(1) DEFAULT 1
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci