CREATE TABLE `descending` (
  `a` int DEFAULT NULL,
  `b` int DEFAULT NULL,
  KEY `k1` (`a` DESC),
  KEY `k2` (`a`,`b` DESC)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci