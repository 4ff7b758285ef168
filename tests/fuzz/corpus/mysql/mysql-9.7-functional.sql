CREATE TABLE `functional` (
  `a` int DEFAULT NULL,
  `b` varchar(30) DEFAULT NULL,
  UNIQUE KEY `k3` (((`a` * 2))),
  KEY `k1` (((`a` + 1))),
  KEY `k2` ((lower(`b`)) DESC,`a`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci