CREATE TABLE `multi_valued` (
  `a` json DEFAULT NULL,
  KEY `k` ((cast(json_extract(`a`,_utf8mb4'$.z') as unsigned array)))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci