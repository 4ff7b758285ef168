CREATE TABLE `invisible_key` (
  `a` int DEFAULT NULL,
  `b` int DEFAULT NULL,
  UNIQUE KEY `u` (`b`) COMMENT 'x' /*!80000 INVISIBLE */,
  KEY `k` (`a`) /*!80000 INVISIBLE */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci