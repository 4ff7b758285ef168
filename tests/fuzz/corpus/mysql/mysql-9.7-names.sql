CREATE TABLE `names` (
  `a b` int DEFAULT NULL,
  `select` int DEFAULT NULL,
  `a``b` int DEFAULT NULL,
  `c"d` int DEFAULT NULL,
  `e,f)` int DEFAULT NULL,
  `é` int DEFAULT NULL,
  `PARTITION` int DEFAULT NULL,
  UNIQUE KEY `u``q` (`e,f)`),
  KEY `k,1` (`a b`),
  KEY `select` (`select`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci