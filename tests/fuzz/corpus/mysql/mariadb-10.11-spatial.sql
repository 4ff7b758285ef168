CREATE TABLE `spatial` (
  `a` geometry DEFAULT NULL,
  `b` point NOT NULL,
  `c` polygon DEFAULT NULL,
  SPATIAL KEY `k` (`b`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci